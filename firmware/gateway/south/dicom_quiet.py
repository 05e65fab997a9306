"""Nothing the DICOM libraries have to say is ever written: their messages, warnings and tracebacks quote values."""

import ctypes
import logging
import resource
import threading
import warnings

import pydicom.config
import pynetdicom
from pynetdicom import _config

log = logging.getLogger("gateway")

LIBRARIES = ("pydicom", "pynetdicom")
PR_SET_DUMPABLE = 4  # prctl(2)


def hush():
    """Silence both libraries for the rest of this process, whatever level anybody sets; its memory is never dumped."""
    _soft, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # also where dumps go to a program
    _config.LOG_HANDLER_LEVEL = "none"  # no handler that would format a data set
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    for name in [*LIBRARIES, *logging.root.manager.loggerDict]:
        if name.split(".")[0] in LIBRARIES:
            logger = logging.getLogger(name)
            logger.disabled, logger.propagate = True, False
            logger.handlers = [logging.NullHandler()]
    warnings.filterwarnings("ignore", module=r"py(net)?dicom(\.|$)")
    if threading.excepthook is not _say_type_only:
        _say_type_only.others = threading.excepthook
        threading.excepthook = _say_type_only


def _say_type_only(failure):
    """What a thread of the library died of is named by its type; a traceback would quote what it read."""
    if type(failure.thread).__module__.split(".")[0] == pynetdicom.__name__:
        log.error("a DICOM association ended: %s", failure.exc_type.__name__)
    else:
        _say_type_only.others(failure)
