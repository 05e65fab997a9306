"""Two points make a line, and a calibration that cannot be right is refused by name: the same under both Pythons."""

from firmware.processing.calibration import line


def refusal(points):
    """What is said of a wrong calibration."""
    try:
        line(points)
    except ValueError as error:
        return str(error)
    raise AssertionError("taken: " + repr(points))


def test_the_line_goes_through_both_points():
    gain, zero = line([[10.0, 10.5], [90.0, 94.5]])
    assert abs(gain * 10.0 + zero - 10.5) < 1e-4 and abs(gain * 90.0 + zero - 94.5) < 1e-4


def test_a_unit_that_is_right_already_has_gain_one_and_no_zero():
    assert line([[0, 0], [100, 100]]) == (1.0, 0.0)


def test_one_point_measured_twice_is_no_line():
    assert refusal([[10, 10], [10, 90]]) == "calibration has measured 10 twice; measure two points that lie apart"


def test_a_gain_no_unit_has_is_refused():
    for points in ([[0, 0], [10, 21]], [[0, 0], [10, 4]], [[0, 10], [10, 0]]):
        assert "it may be 0.5 to 2.0" in refusal(points)


def test_what_is_no_pair_of_number_pairs_is_refused():
    for points in (None, [], [[1, 2]], [[1, 2], [3]], [["a", 1], ["b", 2]], "text", {"gain": 1}):
        assert "it is [[measured, true], [measured, true]] in numbers" in refusal(points)
