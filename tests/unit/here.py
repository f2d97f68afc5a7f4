"""An executor without other processes, which take seconds to start and cannot be given what a test puts in."""

from concurrent.futures import Executor, Future

from frugalnet.errors import FrugalNetError


class Here(Executor):
    """Do everything in this process, at once."""

    def __init__(self, *_, **__):
        pass

    def submit(self, function, *arguments):
        done = Future()
        try:
            done.set_result(function(*arguments))
        except FrugalNetError as error:
            done.set_exception(error)
        return done
