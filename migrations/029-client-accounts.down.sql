-- Which account a client belongs to is kept, and goes with the tables.
DO $$
BEGIN
    RAISE DEBUG 'nothing to take back: clients keep their partner account until 007-009 and 017 are reverted';
END
$$;
