"""How many refusals an address may collect."""

import pytest

from so_privacy_ext.web.floods import Floods


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.row("B12")
def test_a_burst_then_a_rate() -> None:
    time = Time()
    floods = Floods(burst=10, per_second=2, now=time)

    assert [floods.refused("192.0.2.1") for _ in range(12)] == [False] * 10 + [True] * 2
    time.now += 1.01
    assert [floods.refused("192.0.2.1") for _ in range(4)] == [False, False, False, True]
    time.now += 100
    assert not floods.refused("192.0.2.1")


def test_addresses_do_not_pay_for_each_other() -> None:
    floods = Floods(burst=1, now=Time())

    assert [floods.refused(one) for one in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [False, False, True]


def test_a_whole_ipv6_network_is_one_address() -> None:
    floods = Floods(burst=1, now=Time())
    addresses = ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "fe80::1%eth0")

    assert [floods.refused(one) for one in addresses] == [False, True, False, False]


def test_what_is_remembered_is_bounded() -> None:
    floods = Floods(burst=1, most_addresses=2, now=Time())

    assert [floods.refused(f"192.0.2.{number}") for number in (1, 2, 3, 1)] == [False] * 4
