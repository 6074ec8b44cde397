-- Destinations by name and distance; populate-countries.sql fills and refreshes it.
CREATE TABLE countries_metadata (
  code               char(3) PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
  name_en            text    NOT NULL CHECK (name_en <> ''),
  distance_brazil_km integer NOT NULL CHECK (distance_brazil_km BETWEEN 0 AND 20038)
);

COMMENT ON COLUMN countries_metadata.code IS 'ISO 3166-1 alpha-3';
COMMENT ON COLUMN countries_metadata.distance_brazil_km IS 'Great-circle distance from Brasilia to the capital, in km';

CREATE INDEX countries_metadata_by_distance ON countries_metadata (distance_brazil_km);
