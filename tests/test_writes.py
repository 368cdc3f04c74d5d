from dataclasses import replace

from kbsync.change import (
    Activation,
    Create,
    Delete,
    Reorder,
    ResetState,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.model import Version
from kbsync.plans.plan import Step
from kbsync.plans.writes import writes
from tests.builders import COMPONENT, config, row

STAMP = "why [kbsync run=R]"
CONFIG = f"components/{COMPONENT}/configs/orders"


BASE = Version(number=1, identifier="01X")


def requests(*changes, base=BASE):
    step = Step(key=config().key, name="Orders", base=base, changes=changes)
    return [(write.method, "/".join(write.path), write.body) for write in writes(step, STAMP)]


def stamped(**body):
    return {**body, "changeDescription": STAMP}


def test_a_step_is_written_in_the_order_that_makes_the_fewest_versions():
    made = requests(
        SetMetadata(config().key, {}, {"k": "v"}),
        ResetState(config().key, "backfill", {row("a").key: {"n": 1}}),
        Reorder(config().key, ("a", "b"), ("b", "a")),
        Update(config(), config(configuration={"x": 1})),
        Delete(row("old")),
        Update(row("a"), row("a", description="new")),
        Create(row("b", name="B")),
    )

    assert made == [
        (
            "POST",
            f"{CONFIG}/rows",
            stamped(rowId="b", name="B", description="", isDisabled=False, configuration={}),
        ),
        ("PUT", f"{CONFIG}/rows/a", stamped(description="new")),
        ("DELETE", f"{CONFIG}/rows/old", stamped()),
        ("PUT", CONFIG, stamped(configuration={"x": 1}, rowsSortOrder=["b", "a"])),
        ("PUT", f"{CONFIG}/rows/a/state", {"state": {}}),
        (
            "POST",
            f"{CONFIG}/metadata",
            {
                "metadata": [
                    {"key": "k", "value": "v"},
                    {"key": "KBSYNC.resetState", "value": "backfill"},
                ]
            },
        ),
    ]


def test_an_unchanged_row_name_is_never_sent_because_it_would_make_a_version():
    changed = row("a", name="A", is_disabled=True)

    assert requests(Update(row("a", name="A"), changed)) == [
        ("PUT", f"{CONFIG}/rows/a", stamped(isDisabled=True))
    ]


def test_a_configuration_is_created_with_its_own_id():
    assert requests(Create(config()), base=None) == [
        (
            "POST",
            f"components/{COMPONENT}/configs",
            stamped(
                configurationId="orders",
                name="Orders",
                description="",
                isDisabled=False,
                configuration={},
            ),
        )
    ]


def test_a_disabled_configuration_is_disabled_again_after_its_creation():
    assert requests(Create(config(is_disabled=True)), base=None)[1:] == [
        ("PUT", CONFIG, stamped(isDisabled=True))
    ]


def test_a_configuration_is_deleted_without_a_body():
    assert requests(Delete(config())) == [("DELETE", CONFIG, None)]


def test_a_rollback_is_one_request():
    change = Rollback(config().key, 3, (Delete(row("a")),))

    assert requests(change) == [("POST", f"{CONFIG}/versions/3/rollback", stamped())]


SCHEDULE = config("nightly", component="keboola.scheduler")
AT = "components/keboola.scheduler/configs/nightly"


def test_the_scheduler_is_told_at_last_and_then_it_is_noted_of_which_version():
    changes = (Update(SCHEDULE, replace(SCHEDULE, name="N")), Activation(SCHEDULE.key, is_on=True))
    step = Step(key=SCHEDULE.key, name="", base=BASE, changes=changes)
    _, told, noted = writes(step, STAMP)

    assert (told.service, told.method, told.path) == ("scheduler", "POST", ("schedules",))
    assert told.body == {"configurationId": "nightly"}
    assert "/".join(noted.path) == f"{AT}/metadata"
    assert noted.body == {"metadata": [{"key": "KBSYNC.schedule", "value": "2"}]}


def test_the_scheduler_is_told_before_a_schedule_is_deleted():
    changes = (Delete(SCHEDULE), Activation(SCHEDULE.key, is_on=False))
    step = Step(key=SCHEDULE.key, name="", base=BASE, changes=changes)

    assert [
        (write.service, write.method, "/".join(write.path)) for write in writes(step, STAMP)
    ] == [
        ("scheduler", "DELETE", "configurations/nightly"),
        ("", "DELETE", AT),
    ]


def test_the_reset_text_of_a_row_is_kept_under_a_key_with_its_id():
    metadata = requests(ResetState(row("a").key, "again", {row("a").key: {}}))[-1]

    assert metadata[2] == {"metadata": [{"key": "KBSYNC.resetState.a", "value": "again"}]}


def test_a_reset_by_hand_notes_no_text():
    states = {row("a").key: {"n": 1}}
    change = ResetState(config().key, "again", states, by_hand=True)

    assert requests(change) == [("PUT", f"{CONFIG}/rows/a/state", {"state": {}})]


def test_the_mark_of_a_reset_is_set_before_a_new_configuration_can_get_a_state():
    changes = (Create(config()), Create(row("a")), ResetState(config().key, "why", {}))
    made = requests(*changes, base=None)

    assert [path for _, path, _ in made] == [
        f"components/{COMPONENT}/configs",
        f"{CONFIG}/metadata",
        f"{CONFIG}/rows",
    ]
