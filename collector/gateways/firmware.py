"""What is refused of images and rollouts: by code, for commands in English, for pages in the reader's language."""

from collector.errors import ActionError

REASON_MOST = 200
REFUSALS = {
    "keys": "{about} is missing; run `python -m collector image trust KEYS_FILE` first",
    "broken": "the file is no whole image: {about}; build it again with the flasher",
    "unsigned": "no trusted key signed this image; look for tampering, then for a rotated key",
    "file": "{about} is not the file the manifest names; build the image again",
    "longer": "{about} bytes stand behind the last file; build the image again",
    "image": "there is no image {about!r}; `image list` names them",
    "nobody": "no terminal says it is a {about}",
    "ring": "ring {about!r} is neither a number, a percentage nor `rest`",
    "rest": "the rings leave out {about} terminals; end them with `rest`",
    "bounds": "{about}: minutes and failures are whole numbers of at least 1, minutes at most 10080",
    "reason": "the reason has {about} characters; write 1 to 200",
    "state": "the rollout is {about} now",
    "rollout": "there is no rollout {about}; `rollout list` names them",
}


class FirmwareRefused(ActionError):
    """An image is not taken, a rollout not begun or changed; `code` is one of REFUSALS, `about` what it is about."""

    def __init__(self, code, about=""):
        super().__init__(REFUSALS[code].format(about=about))
        self.code, self.about = code, about


def reason_of(text):
    """A reason as it is kept. Raises FirmwareRefused."""
    reason = text.strip()
    if not 0 < len(reason) <= REASON_MOST:
        raise FirmwareRefused("reason", len(reason))
    return reason
