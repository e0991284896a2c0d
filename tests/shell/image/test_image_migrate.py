from webheads import Stand


def test_lock(stand: Stand) -> None:
    site = stand.site("xx")
    print(stand.job(site))
    assert 0
