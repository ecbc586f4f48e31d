# Compiling may fail in many ways.
<<<
        except (SyntaxError, OverflowError, ValueError):
            self.showsyntaxerror(filename, source=source)
===
        except Exception:
            self.showsyntaxerror(filename, source=source)
>>>
<<<
            except (OverflowError, ValueError):
                self.showsyntaxerror(filename, source=source)
===
            except Exception:
                self.showsyntaxerror(filename, source=source)
>>>
