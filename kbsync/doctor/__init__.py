"""What `kbsync doctor` looks at: the machine, the folder, the stack, the token, the branch."""
