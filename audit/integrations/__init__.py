"""Where `audit` meets other packages; each module is imported only if its package is used."""
