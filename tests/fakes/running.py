"""A program of ours in a process of its own, for tests that kill it and start it again."""


class Running:
    """Use as a context. A child's `start` sets `_process` once the program is ready."""

    _process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.kill()

    @property
    def pid(self):
        """Its process."""
        return self._process.pid

    def kill(self):
        """Cut its power."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def end(self):
        """Ask it to end; its exit status."""
        self._process.terminate()
        return self._process.wait(20)
