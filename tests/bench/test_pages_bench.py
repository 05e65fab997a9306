"""The pages' bench measures what it says, with little; its goals are for a quiet machine and the whole amount."""

from tests.bench import pages


def test_a_small_hospital_gives_a_figure_for_every_page(tmp_path):
    rows = list(pages.rows(tmp_path, machines=8, long=1, days=2, fresh_s=60, rounds=3, units=(5, 1)))
    assert [row.name for row in rows] == [f"pages, {what}" for what, *_rest in pages.pages()]
    assert all(row.value > 0 and row.ratio > 1 and "bare Flask page" in row.peer for row in rows)
    assert "50,928 readings" in rows[0].peer
