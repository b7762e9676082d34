"""What a user can mend, in one sentence."""


class TrainingError(Exception):
    """Says what is wrong, where, and what to do; `code` is the exit code (ranges of DCMTK, as the program uses them)."""

    def __init__(self, sentence, code=80):
        super().__init__(sentence)
        self.code = code


class InputError(TrainingError):
    def __init__(self, sentence):
        super().__init__(sentence, 22)


class UsageError(TrainingError):
    def __init__(self, sentence):
        super().__init__(sentence, 1)
