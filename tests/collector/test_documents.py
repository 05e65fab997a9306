"""Documents and photos of equipment: added and removed by who keeps the register, read by who sees the equipment."""

import io
import re

import pytest

from collector import accounts, equipment
from collector.equipment.models import Document
from tests.collector.people import Person, acts
from tests.collector.site import BASE, CT, PASSWORD, now_ms
from tests.collector.test_files import PDF, camera_picture

ONE = "/register/1/documents"


@pytest.fixture
def admin(site):
    person = Person(site, "admin")
    person.sign_in()
    return person


def bring(person, *brought, kind="manual", about="", to=ONE):
    """The page after posting files; brought: (content, name)."""
    some = [(io.BytesIO(content), name) for content, name in brought]
    person.post(to, page="/register/1", file=some, kind=kind, about=about)
    return person.get("/register/1").text


def test_each_file_is_taken_or_refused_by_itself(admin):
    page = bring(admin, (PDF, "manual.pdf"), (b"<script>alert(1)</script>", "evil.pdf"), (camera_picture(), "p.jpg"))
    assert "evil.pdf: The file is none of these by its content" in page
    assert [one.file.name for one in Document.there(1)] == ["p.jpg", "manual.pdf"]
    assert len(acts("document.add")) == 2
    answer = admin.get(f"{ONE}/1")
    assert answer.data == PDF and answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert acts("document.read") == [("admin", "equipment A-0001", "done")]


def test_a_script_in_a_name_or_note_is_text(admin):
    page = bring(admin, (PDF, "<script>x</script>.pdf"), about="<script>alert(1)</script>")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_a_file_of_no_kind_or_none_at_all_is_told(admin):
    assert "Choose what the file is" in bring(admin, (PDF, "a.pdf"), kind="../x")
    assert "Choose a file first" in bring(admin, (b"", ""))
    assert Document.select().count() == 0


def test_a_removed_document_is_gone_with_its_reason(admin):
    bring(admin, (PDF, "wrong.pdf"))
    admin.post(f"{ONE}/1/remove", page="/register/1", why=" ")
    assert admin.get(f"{ONE}/1").status_code == 200
    admin.post(f"{ONE}/1/remove", page="/register/1", why="shows a patient")
    assert admin.get(f"{ONE}/1").status_code == 404
    assert "wrong.pdf was removed by admin: shows a patient" in admin.get("/register/1").text


def test_a_contract_is_for_who_keeps_the_register_and_no_number_leads_to_anothers(admin, site):
    other = equipment.add_equipment(CT | {"asset_number": "A-2", "department": "Surgery"}, now_ms())
    bring(admin, (PDF, "contract.pdf"), kind="contract")
    bring(admin, (PDF, "theirs.pdf"), to=f"/register/{other.id}/documents")
    reader = accounts.add_administrator("reader", PASSWORD, now_ms(), "department_reader")
    accounts.give_scope(reader, "equipment", 1, "A-0001", "", now_ms() - 1, None)
    person = Person(site, "reader")
    person.sign_in()
    assert "contract.pdf" not in person.get("/register/1").text
    for path in ("/register/1/documents/1", "/register/1/documents/2", f"/register/{other.id}/documents/2"):
        assert person.get(path).status_code == 404, path
    assert admin.get(f"/register/{other.id}/documents/1").status_code == 404, "a number goes with its equipment"


def test_a_form_without_its_token_or_beyond_its_size_is_refused(admin):
    form = {"file": (io.BytesIO(PDF), "a.pdf"), "kind": "manual"}
    assert admin.client.post(ONE, base_url=BASE, data=form, headers={"User-Agent": "tests"}).status_code == 400
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', admin.get("/register/1").text)[1]
    for size, status in ((5, 302), (25, 413)):  # a form without files may have 4 MiB
        form = {"csrf_token": token, "kind": "manual", "file": (io.BytesIO(PDF + bytes(size * 1024**2)), "a.pdf")}
        headers = {"User-Agent": "tests", "Referer": BASE + ONE}
        assert admin.client.post(ONE, base_url=BASE, data=form, headers=headers).status_code == status
