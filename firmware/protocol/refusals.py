"""Every code of a ProtocolError, with its meaning and its remedy, as docs/interfaces.md says them.

A table of its own, because a terminal needs the codes only and has no memory to spare for the words.
"""

ERRORS = (
    # code, what it means, what to do
    ("frame_magic", "the bytes do not begin with an A01 frame", "check what else publishes here"),
    ("frame_version", "the frame is of another protocol version", "update the older side"),
    ("frame_type", "the frame type is not known or not for this side", "update the older side"),
    ("frame_oversize", "the frame says it is longer than is allowed", "send fewer readings at once"),
    ("frame_truncated", "the message ended inside a frame", "look for a cut link or a wrong size limit"),
    ("frame_body", "the body does not read as its type says", "update the older side"),
    ("terminal_unknown", "no key is known for this terminal", "assign the terminal to this gateway"),
    ("terminal_mismatch", "the terminal names itself differently from its road", "provision the terminal again"),
    ("gateway_foreign", "the gateway is not in the terminal's list", "check which gateway answers here"),
    ("proof_wrong", "the proof was not made with the right key", "look for an impostor, then for a rotated key"),
    ("proof_unexpected", "no challenge is waiting for this message", "begin with a hello"),
    (
        "proof_late",
        "the challenge is older than its deadline, or the answer is to an earlier hello",
        "look what holds up the gateway",
    ),
    ("session_missing", "a sealed frame came before a passed challenge", "begin with a hello"),
    ("seal_wrong", "the seal is broken: changed or of another session", "look for tampering"),
    ("counter_replayed", "this frame was here before or is too old", "look for a replay"),
    ("channel_unknown", "a reading names a channel that is not in the table", "update the older side"),
    ("image_format", "the bytes are no image or no key list", "build it again with the flasher"),
    ("image_truncated", "the image ends early", "fetch it again"),
    ("image_path", "a file of the image may not stand where it wants to", "look for tampering, then at the build"),
    (
        "image_signature",
        "no trusted key signed these bytes, or too few did",
        "look for tampering, then for a rotated key",
    ),
    ("image_hash", "a file is not the one the manifest names", "fetch it again"),
    ("image_board", "the image is for another board", "choose the image of this board"),
    ("image_old", "the image or key list is not newer than what is here", "look for a replay"),
    ("image_boot", "the image needs a newer boot part", "flash the board over USB"),
    ("image_memory", "the terminal had no memory to check the image", "restart the terminal, then offer it again"),
    ("image_flash", "the terminal's flash took no more of the image", "compare its size with `flash` of the status"),
)
