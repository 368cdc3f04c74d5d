"""From a folder and a project to a plan. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.api.fetch import (
    fetch_attribution,
    fetch_live,
    fetch_target,
    fetch_trash,
    refuse_empty_listing,
)
from kbsync.change import Change, Create, Update
from kbsync.compare.ignore import carry_ignored
from kbsync.env_secrets import Known, Prover, refuse_smuggled, with_known
from kbsync.errors import RefusedError, UsageError
from kbsync.git import missing_files
from kbsync.graph.schedule import is_untold
from kbsync.model import JsonPath, Key, Live, Resource, Resources
from kbsync.plain_text import proven
from kbsync.plans.activation import with_activations
from kbsync.plans.holds import Hold
from kbsync.plans.making import from_trash, make_plan, with_references
from kbsync.plans.plan import Files, Plan, Step, Target, creates_configurations, deleted_by
from kbsync.plans.resets import NOTHING_BY_HAND, ByHand
from kbsync.problems import Problem
from kbsync.selectors import Selector, matches_any
from kbsync.settings import Settings
from kbsync.tree.declared import Tree
from kbsync.tree.places import placed, with_foreign_placed
from kbsync.tree.proofs import read_proofs
from kbsync.tree.unreadable import unreadable
from kbsync.workers import READERS, in_parallel


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and what it was made from."""

    plan: Plan
    live: Live
    names: Mapping[Key, str]
    """What people call each object, in the files or else in the project."""
    files: Files
    declared: Mapping[Key, str] = field(default_factory=dict)
    """The file that declares an object, where the tree is known."""
    holds: Mapping[Key, Hold] = field(default_factory=dict)
    """Those of the branch, where they were read."""
    missing: tuple[str, ...] = ()
    """Files that the commit has and the checkout lacks; looked for when something is deleted."""
    unreadable: Sequence[Problem] = ()
    """What the files say of ciphertext in what the plan writes, where the tree is known."""
    mappings: Sequence[Problem] = ()
    """What is odd about the mappings that it changes."""


def plan_project(
    settings: Settings,
    tree: Tree,
    client: StorageClient,
    *,
    environ: Mapping[str, str],
    selectors: Sequence[Selector] = (),
    prune: bool = False,
    by_hand: ByHand = NOTHING_BY_HAND,
) -> Planned:
    """Compare *tree* with the live project: three requests, all GET.

    *environ* is where secrets are that the files name by a variable; their values stay there.
    *by_hand* is what to forget besides.

    One more for the tables when the mapping of something changes, to look for those it names, and
    for the trash when a configuration is to be created, which may lie there. And at most
    two more for each configuration that differs and that somebody edited since kbsync last wrote
    it, to tell whose the difference is.

    Raises:
        RefusedError: Nothing may be concluded: the token is of another project or sees too little,
            or the tree is empty and the project is not.
        UsageError: A selector matches nothing.
    """
    sides = _sides(settings, tree, client, environ, selectors, by_hand)
    plan = _compared(sides, client, prune=prune, by_hand=by_hand)
    plan = _attributed(plan, sides, client, settings.root)
    plan = _with_surroundings(plan, sides, tree, settings.root)
    written = {change.key for change in plan.changes if isinstance(change, Create | Update)}
    return Planned(
        plan=plan,
        live=sides.live,
        names=sides.names,
        files=code_files(tree),
        declared={key: origin.file for key, origin in tree.origins.items()},
        missing=missing_files(settings.root) if deleted_by(plan.changes) else (),
        unreadable=unreadable(tree, settings.environments, settings.root, written),
        mappings=_odd_mappings(plan, sides, client, tree, settings.root),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """What is compared: the files and the project, as far as kbsync looks after them."""

    target: Target
    everything: Resources
    """All that the branch holds."""
    desired: Resources
    live: Live
    names: dict[Key, str]
    selectors: Sequence[Selector]
    ignored: Mapping[Key, int]
    """How many differences are not compared."""
    known: Known
    prover: Prover

    def selected(self, key: Key) -> bool:
        return not self.selectors or matches_any(self.selectors, key, self.names)


def _sides(
    settings: Settings,
    tree: Tree,
    client: StorageClient,
    environ: Mapping[str, str],
    selectors: Sequence[Selector],
    by_hand: ByHand,
) -> _Sides:
    """Read the project, and make sure that something may be concluded from it."""
    target = fetch_target(client, project_id=settings.project_id)
    everything = fetch_live(client)
    names = names_of(tree.resources, everything.resources)
    declared = covered(tree.resources, settings, names)
    live = in_scope(everything, settings, names)
    _refuse_empty(settings, tree, live)
    refuse_empty_listing(client, everything, declared)
    check_selectors((*selectors, *by_hand.selectors), (*declared, *live.resources), names)
    desired, ignored = carry_ignored(declared, live.resources, settings.ignore, names)
    refuse_smuggled(declared, desired)
    prover = Prover(environ=environ, sign=client.sign, project_id=target.project_id)
    known = with_known(desired, live, prover)
    return _Sides(
        target=target,
        everything=everything.resources,
        desired=known.desired,
        live=replace(live, resources=known.live),
        names=names,
        selectors=selectors,
        ignored=ignored,
        known=known,
        prover=prover,
    )


def _compared(sides: _Sides, client: StorageClient, *, prune: bool, by_hand: ByHand) -> Plan:
    """Return what changes, what comes out of the trash, and what the scheduler is to be told."""
    selected, live = sides.selected, sides.live
    plan = make_plan(
        sides.target,
        sides.desired,
        live,
        prune=prune,
        selected=selected,
        ignored=sum(count for key, count in sides.ignored.items() if selected(key)),
        resets=by_hand.resets(live, sides.names).resets,
    )
    plan = replace(plan, unchecked=sides.known.unchecked_in(selected))
    if creates_configurations(plan):
        plan = from_trash(plan, fetch_trash(client))
    return with_activations(
        plan,
        live,
        is_default=client.is_default_branch,
        late=(key for key in sides.desired if is_untold(key, live) and selected(key)),
    )


def _attributed(plan: Plan, sides: _Sides, client: StorageClient, root: Path) -> Plan:
    """Return *plan* with whose each change is."""
    proofs = read_proofs(root) if plan else {}

    def attributed(step: Step) -> Step:
        changes = tuple(proven(change, sides.prover, proofs) for change in step.changes)
        told = replace(step, changes=changes)
        found = fetch_attribution(client, told, sides.live, sides.prover)
        return replace(step, attribution=found)

    return replace(plan, steps=tuple(in_parallel(attributed, plan.steps, count=READERS)))


def _with_surroundings(plan: Plan, sides: _Sides, tree: Tree, root: Path) -> Plan:
    """Return *plan* with what depends on its changes, and the places of what is odd in them."""
    plan = with_references(plan, sides.desired, sides.everything, sides.selected)
    return replace(
        plan,
        steps=with_foreign_placed(plan.steps, tree.origins, root),
        dangling=placed(plan.dangling, tree.origins, root),
    )


def _odd_mappings(
    plan: Plan, sides: _Sides, client: StorageClient, tree: Tree, root: Path
) -> Sequence[Problem]:
    # A plan without changes, the one that is made most often, needs nothing of what knows tables.
    if not plan:
        return ()
    from kbsync.online import mapping_problems

    touched = tuple(_mapped_otherwise(plan.changes))
    project = {**sides.everything, **sides.desired}
    return mapping_problems(client, touched, project, tree, root)


def _mapped_otherwise(changes: Iterable[Change]) -> Iterator[Key]:
    from kbsync.tables.mappings import maps_otherwise

    for change in changes:
        match change:
            case Create(after) if maps_otherwise(None, after):
                yield after.key
            case Update(before, after) if maps_otherwise(before, after):
                yield after.key


def code_files(tree: Tree) -> dict[tuple[Key, JsonPath], str]:
    """Return where the texts of a configuration stand that have a file of their own."""
    return {
        (key, reference.path): reference.file
        for key, origin in tree.origins.items()
        for reference in origin.references
    }


def names_of(*sides: Resources) -> dict[Key, str]:
    """What people call each key; the first of *sides* that knows it wins."""
    return {key: item.name for side in reversed(sides) for key, item in side.items()}


def covered(
    resources: Resources, settings: Settings, names: Mapping[Key, str]
) -> dict[Key, Resource]:
    """Return those of *resources* that kbsync looks after."""
    covers = cache(partial(settings.scope.covers, names=names))  # once for all rows of one
    return {key: item for key, item in resources.items() if covers(key.config)}


def in_scope(live: Live, settings: Settings, names: dict[Key, str]) -> Live:
    """Return the part of *live* that kbsync looks after."""
    kept = covered(live.resources, settings, names)
    return replace(live, resources=kept)


def check_selectors(
    selectors: Iterable[Selector], keys: Iterable[Key], names: dict[Key, str]
) -> None:
    """Refuse a selector that matches nothing: it is a slip, and would look like "no changes".

    Args:
        selectors: What was typed.
        keys: All that kbsync looks after.
        names: Of these, and of all that `scope` leaves out.
    """
    known = sorted(keys)
    for selector in selectors:
        if any(matches_any([selector], key, names) for key in known):
            continue
        if any(matches_any([selector], key, names) for key in names):
            raise UsageError(
                f"'{selector}' matches only what kbsync does not look after",
                hint="See `scope` in kbsync.yaml.",
            )
        raise UsageError(
            f"'{selector}' matches nothing, neither in the files nor in the project",
            hint=nearest(str(selector), known, names),
        )


def nearest(text: str, keys: Iterable[Key], names: dict[Key, str]) -> str:
    """Return a hint with the keys, or their names, that look most like *text*."""
    from difflib import get_close_matches

    configs = sorted({key.config for key in keys})
    shown = {str(key): str(key) for key in configs}
    shown |= {f"{key.component_id}/{names[key]}": str(key) for key in configs if names.get(key)}
    close = get_close_matches(text, shown, n=3, cutoff=0.5)
    found = list(dict.fromkeys(shown[each] for each in close))
    return f"Did you mean {' or '.join(found)}?" if found else ""


def _refuse_empty(settings: Settings, tree: Tree, live: Live) -> None:
    if not tree.resources and live.resources:
        raise RefusedError(
            f"{settings.root} holds no configurations, but the project does",
            hint="Is this the right folder and checkout? To start from the project: kbsync pull",
        )
