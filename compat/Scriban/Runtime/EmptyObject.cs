namespace Scriban.Runtime;

/// <summary>The value of the variable <c>empty</c>: equal to every empty value.</summary>
internal sealed class EmptyObject
{
    private EmptyObject()
    {
    }

    public static EmptyObject Instance { get; } = new();
}
