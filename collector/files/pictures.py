"""Pictures made anew: what a camera wrote beside them (place, owner, serial number) is gone, and what hides behind."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from collector.files.kinds import FileRefused

EDGE_MOST = 4096  # pixels; a larger picture is made smaller
PIXELS_MOST = 80_000_000
QUALITY = 88
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}


def opened(stream, kind):
    """The picture of a stream, upright, nothing beside it; RGB, or RGBA where it is transparent. Raises FileRefused."""
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=[FORMATS[kind]]) as picture:
                if picture.width * picture.height > PIXELS_MOST:
                    raise FileRefused("picture", f"{picture.width} x {picture.height}")
                upright = ImageOps.exif_transpose(picture)
                return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefused("picture") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:  # what broken pictures raise in Pillow
        raise FileRefused("picture") from error


def made_anew(stream, kind):
    """A stream of the same picture of the same kind, with nothing but its pixels. Raises FileRefused."""
    picture, fresh = opened(stream, kind), io.BytesIO()
    picture.info = {}
    picture.thumbnail((EDGE_MOST, EDGE_MOST))
    if kind == "jpeg":
        picture = picture.convert("RGB")
    picture.save(fresh, FORMATS[kind], **({} if kind == "png" else {"quality": QUALITY}))
    fresh.seek(0)
    return fresh
