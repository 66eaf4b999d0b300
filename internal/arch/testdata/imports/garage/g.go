package garage
