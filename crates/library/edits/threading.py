# A timeout that is no number is refused, as acquire() does.
<<<
                if timeout > 0:
                    gotit = waiter.acquire(True, timeout)
                else:
                    gotit = waiter.acquire(False)
===
                if timeout <= 0:
                    gotit = waiter.acquire(False)
                else:
                    gotit = waiter.acquire(True, timeout)
>>>
