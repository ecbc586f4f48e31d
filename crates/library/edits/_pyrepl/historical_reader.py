# What `input()` reads does not belong to the history of the prompt.
<<<
    def suspend_history(self) -> SimpleContextManager:
        try:
            old_history = self.history[:]
            del self.history[:]
            yield
===
    def suspend_history(self) -> SimpleContextManager:
        with self.suspend_history_writes():
            self.history.clear()
            yield

    @contextmanager
    def suspend_history_writes(self) -> SimpleContextManager:
        try:
            old_history = self.history[:]
            yield
>>>
