"""A modality for tests: pynetdicom's own client telling of a performed procedure step, with or without TLS."""

import ssl
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom import AE, evt
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.sop_class import ModalityPerformedProcedureStep, Verification

UID = "1.2.826.0.1.3680043.9.1111.1"


def code(value, scheme="99SITE", meaning="abdomen routine"):
    """An item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def begun(started, **more):
    """What a CT says when a step begins; `started` is a datetime."""
    dataset = Dataset()
    dataset.PerformedProcedureStepStatus = "IN PROGRESS"
    dataset.Modality = "CT"
    dataset.PerformedProcedureStepStartDate = started.strftime("%Y%m%d")
    dataset.PerformedProcedureStepStartTime = started.strftime("%H%M%S.123")
    dataset.PerformedProtocolCodeSequence = Sequence([code("CTABD")])
    for name, value in more.items():
        setattr(dataset, name, value)
    return dataset


def ended(at, series=2, images=3, status="COMPLETED"):
    """What it says when the step has ended."""
    dataset = Dataset()
    dataset.PerformedProcedureStepStatus = status
    dataset.PerformedProcedureStepEndDate = at.strftime("%Y%m%d")
    dataset.PerformedProcedureStepEndTime = at.strftime("%H%M%S")
    dataset.TotalNumberOfExposures = 7
    dataset.ImageAndFluoroscopyAreaDoseProduct = "12.5"
    dataset.PerformedSeriesSequence = Sequence([one_series(images) for _ in range(series)])
    return dataset


def one_series(images):
    """An item of the performed series sequence."""
    item = Dataset()
    item.BodyPartExamined, item.ProtocolName = "ABDOMEN", "Abdomen routine"
    item.ReferencedImageSequence = Sequence([Dataset() for _ in range(images)])
    for n, image in enumerate(item.ReferencedImageSequence):
        image.ReferencedSOPInstanceUID = f"{UID}.{n}"
    return item


@contextmanager
def associated(port, title="CT1", ca_file=None, client=None):
    """An association; over TLS when `ca_file` says whom to trust. `client`: PEM file of key and certificate.

    `heard` holds the PDUs that came: with a quick answer pynetdicom's own `is_rejected` loses a race against its
    connection, and says that it was aborted.
    """
    ae = AE(title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = 20
    for abstract in (Verification, ModalityPerformedProcedureStep):
        ae.add_requested_context(abstract)
    args = None
    if ca_file:
        context = ssl.create_default_context(cafile=ca_file)
        if client:
            context.load_cert_chain(client)
        args = (context, "127.0.0.1")
    heard = []
    listening = [(evt.EVT_PDU_RECV, lambda event: heard.append(event.pdu))]
    association = ae.associate("127.0.0.1", port, ae_title="GANTRY", tls_args=args, evt_handlers=listening)
    association.heard = heard
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def rejected(association):
    """Whether it was refused as the standard has it: an A-ASSOCIATE-RJ, permanent, title not recognised."""
    told = [(pdu.result, pdu.source, pdu.reason_diagnostic) for pdu in association.heard if type(pdu) is A_ASSOCIATE_RJ]
    return not association.is_established and told == [(1, 1, 3)]


def create(association, dataset, uid=UID):
    """The status of an N-CREATE."""
    return association.send_n_create(dataset, ModalityPerformedProcedureStep, uid)[0].Status


def change(association, dataset, uid=UID):
    """The status of an N-SET."""
    return association.send_n_set(dataset, ModalityPerformedProcedureStep, uid)[0].Status
