namespace Cloudlet.Stores.Items;

/// <summary>Names of the files of a folder, a web server's folder and a bucket: the three have the same layout.</summary>
internal static class ItemPaths
{
    /// <summary>Every item, for readers that can't list the folder.</summary>
    public const string Index = "index.json";

    /// <summary>Folder of the records.</summary>
    public const string Items = "items";

    /// <summary>Folder of the contents.</summary>
    public const string Blobs = "blobs";

    /// <summary>Path of the record of an item; it holds the key, so that a list of names is a list of items.</summary>
    public static string Of(ItemKey key) => $"{Items}/{key.KindName}/{key.Id}/{key.Name}.json";

    /// <summary>Path of a content.</summary>
    public static string OfBlob(string sha256) => $"{Blobs}/{sha256}";

    /// <summary>The key in the path of a record; null for another path.</summary>
    public static ItemKey? KeyOf(string path) =>
        path.Split('/') is [Items, var kind, var id, var file] && file.EndsWith(".json", StringComparison.Ordinal)
            ? ItemKey.TryCreate(kind, id, file[..^5])
            : null;
}
