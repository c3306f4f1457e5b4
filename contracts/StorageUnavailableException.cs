namespace Stress.Contracts;

/// <summary>
/// Grain storage did not do what it was asked. Ours, so that it crosses from silo to silo and to the client: the exceptions of the libraries behind a storage have no
/// wire form.
/// </summary>
/// <param name="message">What the library said.</param>
[GenerateSerializer, Alias("stress.StorageUnavailableException")]
public sealed class StorageUnavailableException(string message) : OrleansException(message);
