# gzip has 32 bits for the time.
<<<
        timestamp = struct.pack("<L", int(time.time()))
===
        now = time.time()
        timestamp = struct.pack("<L", int(now) if 0 <= now < 2 ** 32 else 0)
>>>
# No folder outside the destination may be made on the way, and no link take its place.
<<<
    # Ensure we stay in the destination
===
    if '..' in name.replace(os.sep, '/').split('/') and name != os.path.normpath(name):
        name = new_attrs['name'] = os.path.normpath(name)
    # Ensure we stay in the destination
>>>
<<<
        raise OutsideDestinationError(member, target_path)
    # Limit permissions (no high bits, and go-w)
===
        raise OutsideDestinationError(member, target_path)
    if os.path.normpath(name) == os.curdir and (member.issym() or member.islnk()):
        raise OutsideDestinationError(member, target_path)
    # Limit permissions (no high bits, and go-w)
>>>
<<<
            # A link member that resolves to the destination directory itself
            # would replace it with a (sym)link, redirecting the destination
            # for all subsequent members.
            if target_path == dest_path:
                raise OutsideDestinationError(member, target_path)
===
>>>
# The next header lies behind the size that the extended header gives, not behind that of the expanded file.
<<<
            next.offset = self.offset

            if "size" in pax_headers:
===

            if "size" in pax_headers:
>>>
<<<
                offset = next.offset_data
                if next.isreg() or next.type not in SUPPORTED_TYPES:
                    offset += next._block(next.size)
                tarfile.offset = offset
===
                offset = next.offset + BLOCKSIZE
                if next.isreg() or next.type not in SUPPORTED_TYPES:
                    try:
                        stored = PAX_NUMBER_FIELDS["size"](pax_headers["size"])
                    except ValueError:
                        stored = 0
                    offset += next._block(stored)
                tarfile.offset = offset

            next.offset = self.offset
>>>
# A name may end with a slash.
<<<
        tarinfo = self._getmember(name.rstrip('/'))
===
        tarinfo = self._getmember(name)
        if tarinfo is None and name[-1:] == '/':
            tarinfo = self._getmember(name.rstrip('/'))
>>>
# A hard link is to the file, not to a symbolic link whose target would be another from here.
<<<
                    os.link(tarinfo._link_target, targetpath)
===
                    os.link(os.path.realpath(tarinfo._link_target), targetpath)
>>>
<<<
                filter_function(
                    unfiltered.replace(name=tarinfo.name, deep=False),
                    extraction_root)
===
                if filter_function(unfiltered.replace(name=tarinfo.name, deep=False),
                                   extraction_root) is None:
                    return
>>>
