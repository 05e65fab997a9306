"""Gateways and terminals: who may bring readings, with which keys, and what was refused on the way."""

from collector.gateways.actions import (
    CodeWrong,
    add_gateway,
    add_source,
    add_terminal,
    assign_terminal,
    enrol,
    revoke_gateway,
    revoke_terminal,
    terminal_keys,
    terminal_named,
)
from collector.gateways.certificates import A01, A02, ca_der, ca_pem, init_ca, issue_server
from collector.gateways.credentials import gateway_of_credential, renew, renewal_due
from collector.gateways.firmware import FirmwareRefused
from collector.gateways.fleet import (
    COMMAND_STATES,
    command_numbered,
    commands_of,
    newest_commands,
    open_commands,
    send_command,
    statuses,
)
from collector.gateways.images import add_image, image_path, images_told, release_keys
from collector.gateways.installations import PHASES, InstallationRefused, add_photo, record_installation
from collector.gateways.models import Gateway, Installation, Record, Refusal, Terminal
from collector.gateways.records import store
from collector.gateways.registration import journal_of
from collector.gateways.rollouts import (
    halt,
    offers,
    resume,
    rollout_numbered,
    rollouts_told,
    start_rollout,
    terminals_of_rollout,
)
from collector.gateways.rotation import rotate

__all__ = (
    "FirmwareRefused",
    "Installation",
    "InstallationRefused",
    "PHASES",
    "record_installation",
    "add_photo",
    "add_image",
    "halt",
    "image_path",
    "images_told",
    "release_keys",
    "resume",
    "rollout_numbered",
    "start_rollout",
    "terminals_of_rollout",
    "offers",
    "journal_of",
    "statuses",
    "commands_of",
    "newest_commands",
    "rollouts_told",
    "send_command",
    "open_commands",
    "command_numbered",
    "A01",
    "A02",
    "COMMAND_STATES",
    "CodeWrong",
    "Gateway",
    "Record",
    "Refusal",
    "Terminal",
    "add_gateway",
    "add_source",
    "add_terminal",
    "assign_terminal",
    "ca_der",
    "ca_pem",
    "enrol",
    "gateway_of_credential",
    "init_ca",
    "issue_server",
    "renew",
    "renewal_due",
    "revoke_gateway",
    "revoke_terminal",
    "rotate",
    "store",
    "terminal_keys",
    "terminal_named",
)
