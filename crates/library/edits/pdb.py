# Compiling may fail in many ways.
<<<
                except SyntaxError:
                    continue
===
                except Exception:
                    continue
>>>
<<<
            compile(expr, "<stdin>", "eval")
        except SyntaxError as exc:
===
            compile(expr, "<stdin>", "eval")
        except Exception as exc:
>>>
