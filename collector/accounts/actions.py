"""Signing in: name and password, then the second factor, with a pause after too many failures of either."""

from collector import audit, db
from collector.accounts import directory, passwords, second_factor
from collector.accounts.models import SignInFailure, User
from collector.accounts.people import change_role, vouched_for

PER_ADDRESS = 4  # an address may fail this many times as often as a name


class SignInPaused(Exception):
    """Too many wrong passwords; `wait_s` until the next try is looked at."""

    def __init__(self, wait_s):
        super().__init__(f"too many wrong passwords; wait {wait_s} s")
        self.wait_s = wait_s


def sign_in(name, password, address, settings, now_ms):
    """The User, or None when name or password are wrong. Raises SignInPaused after too many failures.

    Who has an account of our own is never asked for in a directory: it serves when that is away. Raises DirectoryAway.
    """
    failure = _counted(name, address, settings, now_ms)
    user = User.get_or_none(User.name == name)
    if directory.is_used(settings) and (user is None or user.directory):
        user = _of_directory(name, password, settings, now_ms)
        matches = user is not None
    else:
        matches = passwords.matches(user.password_hash if user else passwords.NOBODY, password)
    if not matches or user is None or user.disabled_ms is not None:
        return _refused("sign_in", name)
    _forgive(failure)
    return user


def _of_directory(name, password, settings, now_ms):
    """The User a directory vouches for, made at the first sign-in, with the role of the groups of now; or None."""
    found = directory.vouched(name, password, settings)
    if found is None:
        return None
    written, role = found
    user = User.get_or_none(User.name == written) or vouched_for(written, role, now_ms)
    if not user.directory:
        return None  # an account of our own has this name: the directory does not open it
    if user.role != role:
        change_role(user, role, now_ms)
    return User.get_by_id(user.id)


def knows_password(user, password, settings):
    """Whether who is signed in types the password again, ours or the directory's. Raises DirectoryAway."""
    if user.directory:
        return directory.vouched(user.name, password, settings) is not None
    return passwords.matches(user.password_hash, password)


def second_step(user, code, address, settings, now_ms):
    """Whether a code of the second factor is good. Raises SignInPaused after too many failures."""
    failure = _counted(user.name, address, settings, now_ms)
    if not second_factor.proves(user, code, now_ms):
        return _refused("sign_in.second", user.name)
    _forgive(failure)
    return True


def _counted(name, address, settings, now_ms):
    """A failure, counted before anything is looked at, so that many tries at once are many tries."""
    since_ms = now_ms - settings["signin_pause_s"] * 1000
    with db.write():
        SignInFailure.delete().where(SignInFailure.at_ms < since_ms).execute()
        _refuse_when_paused(name, address, settings)
        return SignInFailure.create(name=name[:64], address=address, at_ms=now_ms)


def _refused(action, name):
    """None, once it stands in the audit. Tries inside a pause do not: they come as fast as somebody likes."""
    failures = SignInFailure.select().where(SignInFailure.name == name[:64]).count()
    audit.note(action, f"user {name[:64]}", after={"failures": failures}, outcome=audit.REFUSED)
    return None


def _forgive(failure):
    with db.write():
        failure.delete_instance()


def _refuse_when_paused(name, address, settings):
    allowed = settings["signin_failures"]
    by_name = SignInFailure.select().where(SignInFailure.name == name[:64]).count()
    by_address = SignInFailure.select().where(SignInFailure.address == address).count()
    if by_name >= allowed or by_address >= allowed * PER_ADDRESS:
        raise SignInPaused(settings["signin_pause_s"])
