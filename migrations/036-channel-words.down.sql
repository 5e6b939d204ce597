-- Both functions find the same channels; 031 takes the last one away.
DO $$
BEGIN
    RAISE DEBUG 'nothing to take back: the words of a channel stay as they are until 031 is reverted';
END
$$;
