"""The commands that make images and the keys they are signed with: key, keys, build."""

import os
import re
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization

from flasher import build
from flasher.board import boards


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(file):
    """Make a release key (RSA-3072) in FILE, readable by its owner only; keep it off the network."""
    pem = build.new_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise build.BuildError(f"{file} cannot be made: {error.strerror}; choose another name") from error
    with open(handle, "wb") as out:
        out.write(pem)


@click.command()
@click.option(
    "--serial", required=True, type=click.IntRange(1, 2**32 - 1), help="Higher than that of the present list."
)
@click.option(
    "--trust", "trusted", multiple=True, required=True, help="A release key terminals shall trust; repeatable."
)
@click.option("--signer", "signers", multiple=True, required=True, help="A key they trust now; two are needed.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def keys(serial, trusted, signers, out):
    """Make the list of release keys that terminals trust, signed by two of those they trust now."""
    if len(set(signers)) < 2:
        raise build.BuildError("one --signer is not enough; name two keys that terminals trust now")
    moduli = [build.modulus_of(build.read_key(path)) for path in trusted]
    out.write_bytes(build.key_list(serial, moduli, [build.read_key(path) for path in signers]))


@click.command("build")
@click.argument("board", type=click.Choice(list(boards())))
@click.option("--version", required=True, help="Three numbers: 1.4.2")
@click.option("--key", "key_file", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def build_image(board, version, key_file, out):
    """Compile, list and sign the application of BOARD into one image file."""
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}\.\d{1,3}", version):
        raise build.BuildError(f"the version {version!r} is not three numbers such as 1.4.2")
    numbers = tuple(map(int, version.split(".")))
    if max(numbers) > 255:
        raise build.BuildError(f"the version {version!r} has a number above 255")
    built = build.files(numbers)
    head, whole = build.head_and_image(board, numbers, built, build.read_key(key_file))
    out.write_bytes(whole)
    click.echo(f"{out}: {len(built)} files, {len(whole)} bytes, head {len(head)} bytes, for {board} {version}")


COMMANDS = (key, keys, build_image)
