-- The older shape has no use that this one lacks, so there is nothing to take back.
DO $$
BEGIN
    RAISE DEBUG 'nothing to take back: the partner tables keep their upgraded columns until 007-009 are reverted';
END
$$;
