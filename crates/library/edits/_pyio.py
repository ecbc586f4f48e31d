# What was read already counts against the limit of a line.
<<<
                    n = min(n, size)
                return n
===
                    n = min(n, size - len(res))
                return n
>>>
