# Who waits for a process learns of its end at once, whatever becomes of its pipes.
<<<
        self._exit_waiters = []
===
        self._exit_waiters = set()
>>>
<<<
        self._finished = False
        self._pipes_connected = False
===
        self._finished = False
>>>
<<<
                waiter.set_result(None)
            self._pipes_connected = True
===
                waiter.set_result(None)
>>>
<<<
        self._try_finish()

    async def _wait(self):
===
        self._try_finish()
        waiters, self._exit_waiters = self._exit_waiters, None
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(returncode)

    async def _wait(self):
>>>
<<<
        self._exit_waiters.append(waiter)
        return await waiter
===
        self._exit_waiters.add(waiter)
        try:
            return await waiter
        finally:
            if self._exit_waiters is not None:
                self._exit_waiters.discard(waiter)
>>>
<<<
        if not self._pipes_connected:
            # self._pipes_connected can be False if not all pipes were connected
            # because either the process failed to start or the self._connect_pipes task
            # got cancelled. In this broken state we consider all pipes disconnected and
            # to avoid hanging forever in self._wait as otherwise _exit_waiters
            # would never be woken up, we wake them up here.
            for waiter in self._exit_waiters:
                if not waiter.done():
                    waiter.set_result(self._returncode)
===
>>>
<<<
            # wake up futures waiting for wait()
            for waiter in self._exit_waiters:
                if not waiter.done():
                    waiter.set_result(self._returncode)
            self._exit_waiters = None
===
>>>
# Pipes that are connected already are closed on an error.
<<<
        except BaseException as exc:
            if waiter is not None and not waiter.cancelled():
                waiter.set_exception(exc)
===
        except BaseException as exc:
            ends = [pipe.pipe for pipe in self._pipes.values() if pipe is not None]
            for end in (*ends, proc.stdin, proc.stdout, proc.stderr):
                if end is not None:
                    end.close()
            if waiter is not None and not waiter.cancelled():
                waiter.set_exception(exc)
>>>
# A process that has ended gets no signals.
<<<
            self._check_proc()
            try:
                os.kill(self._proc.pid, signal)
===
            self._check_proc()
            if self._returncode is not None:
                return
            try:
                os.kill(self._proc.pid, signal)
>>>
