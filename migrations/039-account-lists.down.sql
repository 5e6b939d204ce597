-- Of which account the client of a channel is stays in the list, and goes with it.
DO $$
BEGIN
    RAISE DEBUG 'nothing to take back: the list keeps the column until 022 is reverted';
END
$$;
