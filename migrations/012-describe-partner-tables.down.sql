-- The words go with the tables.
DO $$
BEGIN
    RAISE DEBUG 'nothing to take back: the partner tables keep their comments until 007-009 are reverted';
END
$$;
