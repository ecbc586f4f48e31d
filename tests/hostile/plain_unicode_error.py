# UnicodeError itself, raised by native code, is as large as its fields need.
import codecs
import gc

encoder = codecs.getincrementalencoder('euc_jp')()
for _ in range(100):
    try:
        encoder.setstate(9)
    except UnicodeError as error:
        assert type(error) is UnicodeError and str(error) == 'pending buffer too large'
    else:
        assert False
gc.collect()
