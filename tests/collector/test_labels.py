"""Binding a terminal by its label: read from pictures as phones take them, and clear words where that cannot be."""

import io
import random

import pytest
import segno
from PIL import Image, ImageFilter

from collector import accounts, equipment, gateways
from collector.equipment import labels
from collector.equipment.models import Binding
from firmware.protocol.label import qr_text
from tests.collector.people import Person, acts
from tests.collector.site import CT, PASSWORD, now_ms

OURS = qr_text("mri-01")


def code(text, scale=6):
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=scale)
    return Image.open(out).convert("RGB")


def picture(*texts, angle=0, blur=0, size=(1200, 900), form="JPEG", quality=60):
    """A photograph of codes side by side, turned, out of focus, on a grained ground."""
    ground = Image.effect_noise(size, 30).convert("RGB")
    for at, text in enumerate(texts):
        ground.paste(code(text).rotate(angle, expand=True, fillcolor="white"), (80 + 480 * at, 200))
    out = io.BytesIO()
    ground.filter(ImageFilter.GaussianBlur(blur)).save(out, form, quality=quality)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    "more", [{}, {"angle": 17}, {"angle": 90}, {"blur": 2}, {"size": (4000, 3000)}, {"form": "WEBP"}]
)
def test_a_label_is_read_as_a_phone_sees_it(more):
    assert labels.id_in_picture(picture(OURS, **more)) == "mri-01"


def test_our_label_is_found_beside_the_code_of_somebody_else():
    assert labels.id_in_picture(picture("(01)06901234567892", OURS)) == "mri-01"


@pytest.mark.parametrize(
    "content,code",
    [
        (picture(), "none"),
        (picture("https://example.com/pay"), "foreign"),
        (picture("gantry:mri-01:00"), "misread"),
        (picture("gantry:"), "misread"),
        (picture(OURS, qr_text("ct-01")), "several"),
        (io.BytesIO(b"%PDF-1.7"), "picture"),
        (io.BytesIO(b""), "picture"),
        (io.BytesIO(picture(OURS).read()[:3000]), "picture"),
        (io.BytesIO(b"\xff\xd8\xff" + random.Random(7).randbytes(3000)), "picture"),
    ],
)
def test_what_leads_to_no_terminal_says_why(content, code):
    content.seek(0)
    with pytest.raises(labels.LabelRefused) as refused:
        labels.id_in_picture(content)
    assert refused.value.code == code


@pytest.mark.parametrize("text", [OURS, OURS.removeprefix("gantry:"), " mri-01 "])
def test_a_label_is_typed_where_no_camera_is(text):
    assert labels.id_typed(text) == "mri-01"


@pytest.fixture
def engineer(site):
    user = accounts.add_administrator("eng", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(user, "equipment", 1, "A-0001", "", now_ms() - 1, None)
    person = Person(site, "eng")
    person.sign_in()
    return person


def look(person, brought=None, **typed):
    picked = {"picture": (brought, "label.jpg")} if brought else {}
    return person.post("/register/1/bind", **typed, **picked).text


def confirm(person, terminal_id="mri-01", group="surroundings", place="magnet"):
    fields = {"terminal_id": terminal_id, "group": group, "place": place}
    return person.post("/register/1/bind/confirm", page="/register/1/bind", **fields)


def test_a_terminal_is_bound_by_a_picture_with_its_history(engineer):
    page = look(engineer, picture(OURS))
    assert 'name="terminal_id" value="mri-01"' in page and "to nothing" in page
    assert Binding.select().count() == 1, "to look binds nothing"
    assert confirm(engineer).headers["Location"] == "/register/1#bindings"
    page = engineer.get("/register/1").text
    assert "mri-01" in page and "at the magnet" in page
    assert ("eng", "terminal mri-01", "done") in acts("terminal.bind")
    assert "bound to this equipment already" in confirm(engineer).text
    number = Binding.get(Binding.terminal_id == "mri-01").id
    engineer.post(f"/register/1/bindings/{number}/end", page="/register/1")
    assert Binding.get_by_id(number).to_ms is not None and acts("terminal.unbind")


def test_a_terminal_that_moves_leaves_what_it_measured_behind(site, engineer):
    confirm(engineer, "mri-01", "all", "equipment")
    second = equipment.add_equipment(CT | {"asset_number": "A-2"}, now_ms())
    equipment.bind("mri-01", "A-2", now_ms() + 5)
    first, second_one = Binding.select().where(Binding.terminal_id == "mri-01").order_by(Binding.id)
    assert first.to_ms == second_one.from_ms and second_one.equipment_id == second.id


@pytest.mark.parametrize(
    "spoil,said",
    [
        (lambda: gateways.revoke_terminal("mri-01", now_ms()), "is revoked"),
        (lambda: elsewhere(), "that you do not see"),
    ],
)
def test_a_terminal_that_cannot_be_had_is_told_in_words(engineer, spoil, said):
    spoil()
    for page in (look(engineer, label="mri-01"), confirm(engineer).text):
        assert said in page and "HIDDEN" not in page
    assert not Binding.select().where(Binding.terminal_id == "mri-01", Binding.equipment == 1).exists()


def elsewhere():
    equipment.add_equipment(CT | {"asset_number": "HIDDEN", "institution": "Other"}, now_ms())
    equipment.bind("mri-01", "HIDDEN", now_ms())


def test_nonsense_binds_nothing(engineer):
    assert "No terminal" in look(engineer, label="<script>alert(1)</script>")
    assert "<script>alert" not in look(engineer, label="<script>alert(1)</script>")
    confirm(engineer, "mri-01", "everything", "roof")
    confirm(engineer, "x" * 5000)
    assert Binding.select().count() == 1
