"""Who gives way, and to whom."""

from dataclasses import dataclass, field

from so_privacy_ext.web.connections import Connections, Phase
from so_privacy_ext.web.limits import Limits


@dataclass(eq=False)
class One:
    phase: Phase = Phase.FIRST
    deadline: float = 0.0
    address: str = "192.0.2.1"
    told: list[str] = field(default_factory=list)

    def out_of_time(self) -> None:
        self.told.append("out of time")

    def give_way(self) -> None:
        self.told.append("give way")


def test_who_has_asked_for_nothing_the_longest_gives_way() -> None:
    everybody = Connections(Limits(connections_per_address=3))
    idle, young, old = One(Phase.IDLE), One(Phase.HEADERS, 9), One(Phase.HEADERS, 5)
    newcomers = [One(deadline=10), One(deadline=11), One(deadline=12)]
    assert [everybody.admit(one) for one in (idle, young, old, *newcomers)] == [True] * 6

    assert old.told == young.told == newcomers[0].told == ["give way"]
    assert idle.told == newcomers[1].told == newcomers[2].told == []
    assert len(everybody) == 3


def test_who_is_being_answered_stays_and_the_newcomer_goes() -> None:
    everybody = Connections(Limits(connections_per_address=2))
    busy = [One(Phase.ANSWER), One(Phase.BODY)]
    assert [everybody.admit(one) for one in busy] == [True, True]

    assert not everybody.admit(One())
    assert everybody.admit(One(address="192.0.2.2"))
    everybody.leave(busy[0])
    assert everybody.admit(One())


def test_when_all_are_full_a_stranger_does_not_push_others_out() -> None:
    everybody = Connections(Limits(connections=2))
    for _ in range(2):
        assert everybody.admit(One())

    assert not everybody.admit(One(address="192.0.2.2"))
    assert everybody.admit(One())
    assert len(everybody) == 2


def test_leaving_twice_counts_once() -> None:
    everybody = Connections(Limits())
    one, other = One(), One()
    everybody.admit(one)
    everybody.admit(other)
    for _ in range(2):
        everybody.leave(one)
    assert len(everybody) == 1
    everybody.leave(other)
    everybody.leave(other)
    assert len(everybody) == 0


def test_only_the_late_are_told() -> None:
    everybody = Connections(Limits())
    late, early = One(deadline=1), One(deadline=3)
    everybody.admit(late)
    everybody.admit(early)

    everybody.sweep(2)

    assert (late.told, early.told) == (["out of time"], [])
