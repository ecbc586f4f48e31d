# What `input()` reads does not belong to the history of the prompt.
<<<
        result = reader.readline(startup_hook=self.startup_hook)
        sys.audit("builtins.input/result", result)
===
        with reader.suspend_history_writes():
            result = reader.readline(startup_hook=self.startup_hook)
        sys.audit("builtins.input/result", result)
>>>
