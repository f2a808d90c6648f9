namespace Cloudlet.Synthesis.Pages;

/// <summary>Which of a VM's two stores a page belongs to.</summary>
public enum PageSpace : byte
{
    /// <summary>Its disk.</summary>
    Disk = 0,

    /// <summary>Its memory.</summary>
    Memory = 1,
}

/// <summary>Where the content of a page is found.</summary>
public enum PageSource : byte
{
    /// <summary>It is zero.</summary>
    Zero = 0,

    /// <summary>A page of the base's disk.</summary>
    BaseDisk = 1,

    /// <summary>A page of the base's memory.</summary>
    BaseMemory = 2,

    /// <summary>A page that the overlay carries.</summary>
    Literal = 3,
}
