using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Store;

/// <summary>Checks free space before it is used.</summary>
internal static class Room
{
    private const long Rest = 1 << 20; // for a manifest, an index and folders

    /// <summary>NoSpace when the file system of a folder has too little free space.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="bytes">Upper bound of the bytes to be written, without holes.</param>
    /// <param name="what">What they are, for the message.</param>
    public static void Require(string folder, long bytes, string what)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (bytes > free - Rest)
            throw new CloudletException(
                ErrorKind.NoSpace,
                $"no room is left in {folder} for {what}: expected up to {bytes >> 20} MiB, found {free >> 20} MiB; nothing was "
                    + "written. Make room (cloudlet store gc, cloudlet base remove, cloudlet "
                    + "vm stop --remove), or name another store"
            );
    }
}
