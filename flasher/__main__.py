"""`python -m flasher`: from a bare board to a labelled, provisioned, self-tested terminal."""

import click

from flasher import bench, release, setup, technician
from flasher.errors import FlasherError, Stopped


class Main(click.Group):
    """Says an error of ours in one line and ends with its status: a row of errors.EXITS."""

    def invoke(self, context):
        """Run a command."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt as pressed:
            raise _told(Stopped("stopped by Ctrl-C; run the same command again, it goes on")) from pressed
        except FlasherError as error:
            raise _told(error) from error


def _told(error):
    told = click.ClickException(str(error))
    told.exit_code = error.status
    return told


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Makes images for terminals, and terminals of boards."""


for room in (release, bench, setup, technician):
    for command in room.COMMANDS:
        main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m flasher")
