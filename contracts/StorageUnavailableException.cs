namespace Stress.Contracts;

/// <summary>
/// Grain storage failed. Ours, so that it crosses from silo to silo and to the client: the exceptions of the libraries behind a storage have no
/// wire form.
/// </summary>
/// <param name="message">The library's message.</param>
[GenerateSerializer, Alias("stress.StorageUnavailableException")]
public sealed class StorageUnavailableException(string message) : OrleansException(message);
