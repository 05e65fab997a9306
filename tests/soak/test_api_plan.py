"""The soak's plan for the API: a short run, the same each time, finds nothing; what a run finds is a fault."""

import pytest

from tests.soak.api import faults_of, run

CLEAN = {"failures": [], "errors": [], "operations": {"tested": 41, "selected": 41}}


@pytest.mark.once("the document and what programs send")
def test_no_answer_is_an_error_or_one_the_document_does_not_describe():
    seen, faults = run(0, ("biomedical_engineer", "security_administrator"), "fuzzing", 3)
    assert faults == []
    assert all(figure >= 41 for figure in seen.values()), seen


@pytest.mark.parametrize(
    "change,fault",
    [
        ({"failures": [{"title": "Server error", "operations": ["GET /x"]}]}, "Server error: GET /x"),
        ({"errors": ["refused"]}, "error: refused"),
        ({"operations": {"tested": 40, "selected": 41}}, "only 40 of 41 routes were asked"),
    ],
)
def test_what_is_wrong_is_said(change, fault):
    assert faults_of(CLEAN) == []
    assert faults_of(CLEAN | change) == [fault]
