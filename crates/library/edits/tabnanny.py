# The usage tells how to run the module.
<<<
        errprint("Usage:", sys.argv[0], "[-v] file_or_directory ...")
===
        errprint("Usage:", sys.executable, "-m tabnanny [-v] file_or_directory ...")
>>>
