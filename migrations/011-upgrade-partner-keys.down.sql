-- The older keys forbid what these allow, so there is nothing to take back.
DO $$
BEGIN
    RAISE DEBUG 'nothing to take back: the partner tables keep their upgraded keys until 007-009 are reverted';
END
$$;
