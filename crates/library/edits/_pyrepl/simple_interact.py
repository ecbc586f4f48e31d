# Compiling may fail in many ways.
<<<
    except (OverflowError, SyntaxError, ValueError):
===
    except Exception:
>>>
# A prompt is any object; one that has no text is the usual one.
<<<
            ps1 = getattr(sys, "ps1", ">>> ")
            ps2 = getattr(sys, "ps2", "... ")
===
            ps1 = _prompt("ps1", ">>> ")
            ps2 = _prompt("ps2", "... ")
>>>
<<<
def run_multiline_interactive_console(
===
def _prompt(name: str, usual: str) -> str:
    try:
        return str(getattr(sys, name, usual))
    except Exception:
        return usual


def run_multiline_interactive_console(
>>>
