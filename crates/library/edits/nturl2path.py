# Names of files are quoted in the file system's encoding.
<<<
    return urllib.parse.unquote(url.replace('/', '\\'))
===
    return urllib.parse.unquote(url.replace('/', '\\'), **_codec())
>>>
<<<
        drive = urllib.parse.quote(drive, safe='/:')
===
        drive = urllib.parse.quote(drive, safe='/:', **_codec())
>>>
<<<
    tail = urllib.parse.quote(tail)
===
    tail = urllib.parse.quote(tail, **_codec())
>>>
<<<
def url2pathname(url):
===
def _codec():
    import sys
    return {'encoding': sys.getfilesystemencoding(), 'errors': sys.getfilesystemencodeerrors()}

def url2pathname(url):
>>>
