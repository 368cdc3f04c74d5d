"""Plans: what is to change, whose change it is, what may not be applied unseen."""
