# A file name that is not the UTF-8 it claims to be makes a bad archive, not a failure to decode.
<<<
                    name = name.decode()
===
                    try:
                        name = name.decode()
                    except UnicodeDecodeError as error:
                        message = f"can't decode file name in Zip file: {archive!r}"
                        raise ZipImportError(message, path=archive) from error
>>>
