# Compiling may fail in many ways.
<<<
        except (OverflowError, SyntaxError, ValueError):
===
        except Exception:
>>>
