# The visible headers are read from their beginning.
<<<
                vis_generator.flatten(message.get_visible())
===
                vis_generator.flatten(message.get_visible())
                vis_buffer.seek(0)
>>>
