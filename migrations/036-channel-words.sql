-- The words of a channel by one expression, which the planner puts in the function's place: as a query over sets it was planned anew for each row that was
-- written, half of what writing a channel cost. A word is no longer cut to 100 letters but its text to 500, so that none is longer than a lexeme may be;
-- what the index has remains right, since a search asks for the beginnings of words and for 100 letters at most.

CREATE OR REPLACE FUNCTION trunkline.channel_words(phone_number TEXT, display_name TEXT, provider_id TEXT)
RETURNS TSVECTOR
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT array_to_tsvector(
        array_remove(
            regexp_split_to_array(
                lower(
                    coalesce(left(phone_number, 500), '') || ' ' || coalesce(left(display_name, 500), '')
                    || ' ' || coalesce(left(provider_id, 500), '')
                ),
                '[^[:alnum:]]+'
            ),
            ''
        )
    )
$$;
