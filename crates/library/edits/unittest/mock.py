# Exit stacks pass the object too; the text is the property's documentation.
<<<
    def _exit_side_effect(exctype, excinst, exctb):
===
    def _exit_side_effect(*_):
>>>
<<<
                            __return_value_doc)
===
                            doc=__return_value_doc)
>>>
